"""The plain recipe to compare with: SentenceTransformer.encode in the route, one vector per person, no batching."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer


class Question(BaseModel):
    """What is asked."""

    query: str
    limit: int = 10


def create_app(vectors: np.ndarray, model_folder: str) -> FastAPI:
    """An application that encodes in its route and compares with every person's one vector."""
    model = SentenceTransformer(model_folder, device="cpu")
    app = FastAPI()

    @app.post("/agent_search")
    def agent_search(question: Question) -> dict[str, list[dict[str, float]]]:
        """The nearest people."""
        vector = model.encode(question.query, normalize_embeddings=True)
        scores = vectors @ vector
        best = np.argpartition(-scores, question.limit)[: question.limit]
        return {"candidates": [{"person": int(person), "score": float(scores[person])} for person in best]}

    return app


if __name__ == "__main__":
    people = np.load(Path(sys.argv[1]))
    uvicorn.run(create_app(people, sys.argv[2]), host="127.0.0.1", port=int(sys.argv[3]), log_level="error")
