"""What people do in the browser, a module per noun; each function is one errand of one person."""
