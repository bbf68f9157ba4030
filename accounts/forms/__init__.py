"""What the browser sends about people, micro-enterprises and policies."""
