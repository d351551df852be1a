"""The web app for panels and family support staff: reads runs and released lists, keeps what people decide."""
