"""What the models of the server say: made up, but always the same for the same request."""
