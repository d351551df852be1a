"""What computing the features costs, beside other ways to compute them."""
