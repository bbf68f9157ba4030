"""What pages, the API and rules read of contracts, a module for each noun."""
