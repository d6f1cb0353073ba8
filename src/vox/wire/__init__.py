"""What the gateway and its workers say to each other. Standard library only; both sides import it."""
