"""Every flow as a deployment of a Prefect server: which there are, how they are registered, and what runs them."""
