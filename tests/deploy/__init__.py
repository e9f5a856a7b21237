"""What is deployed: images, the compose file, Kubernetes."""
