"""Training on a corpus: fine-tuned encoders, and static ones distilled. Needs torch; nothing that serves does."""
