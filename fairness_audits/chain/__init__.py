"""The whole chain from a population to a decision, by ethnic group: where differences come in, and how surely."""
