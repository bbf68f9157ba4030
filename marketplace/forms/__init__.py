"""What the browser sends about the market; a module per noun."""
