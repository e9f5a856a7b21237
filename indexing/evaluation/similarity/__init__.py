"""How well the scores of `/predict/similarity` agree with pairs of texts labelled by hand."""

from indexing.evaluation.similarity.labelled_pairs import LabelledPair, read_pairs
from indexing.evaluation.similarity.measuring import measure_similarity
from indexing.evaluation.similarity.run import SimilarityTask, deliver_similarity, evaluate_similarity

__all__ = [
    "LabelledPair",
    "SimilarityTask",
    "deliver_similarity",
    "evaluate_similarity",
    "measure_similarity",
    "read_pairs",
]
