"""Prediction: which skills and roles a text shows, by the words it names and by its vector."""

from indexing.prediction.kept_vectors import catalogue_vectors
from indexing.prediction.scoring import CatalogueVectors, Prediction, detect_language, encode_catalogue, predict
from indexing.prediction.similarity import similarities

__all__ = [
    "CatalogueVectors",
    "Prediction",
    "catalogue_vectors",
    "detect_language",
    "encode_catalogue",
    "predict",
    "similarities",
]
