"""From a sentence-transformers model to the ONNX folder that serves. Needs torch; nothing that serves imports this."""
