"""What people type, and nothing that decides; a module for each noun."""
