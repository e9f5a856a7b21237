"""Versions of the data: recorded by DVC, named by git, kept in an S3 storage, and restored without those who left."""
