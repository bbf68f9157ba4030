"""Everything that is written about contracts and outside purchases, a module for each noun."""
