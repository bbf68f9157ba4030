"""The browser edge of the market; a module per noun."""
