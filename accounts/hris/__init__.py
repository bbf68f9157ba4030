"""What HR data may tell us about people. It moves no money and deletes nobody (PRODUCT 2, 9)."""
