"""The settings of promotions: the gate's thresholds, probation, retention, and the service that is promoted on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from flows.settings import FlowSettings
from indexing.promotion.gate import Thresholds
from indexing.promotion.probation import Limits


class PromotionSettings(FlowSettings):
    """What a promotion needs beyond a flow's settings."""

    service_url: str = Field(
        default="", description="The running service that switches. Empty: http://127.0.0.1:8000, if it answers."
    )
    public_url: str = Field(default="", description="Where people reach the service, for links. Empty: service_url.")
    public_mlflow_url: str = Field(default="", description="Where people reach MLflow's page. Empty: the tracking URI.")
    admin_key: SecretStr = Field(default=SecretStr(""), description="The service's administration key.")
    keep_releases: int = Field(default=3, ge=1, le=100, description="Newest releases of each version that are kept.")

    gate_judgements: str = Field(default="", description="Judged queries, comma-separated; empty: the sample's.")
    gate_saved_searches: int = Field(default=200, ge=0, le=10_000, description="Newest saved searches asked again.")
    gate_mode: Literal["better", "not-worse"] = Field(default="better", description="What a candidate must be.")
    gate_min_queries: int = Field(default=50, ge=1)
    gate_min_ndcg_change: float = Field(default=0.005, ge=0, le=1)
    gate_min_ndcg_bound: float = Field(default=0.0, ge=-1, le=1)
    gate_max_ndcg_loss: float = Field(default=0.01, ge=0, le=1)
    gate_max_ndcg_bound_loss: float = Field(default=0.03, ge=0, le=1)
    gate_max_recall_loss: float = Field(default=0.02, ge=0, le=1)
    gate_max_language_loss: float = Field(default=0.02, ge=0, le=1)
    gate_min_language_queries: int = Field(default=20, ge=1)
    gate_max_gap_rise: float = Field(default=0.02, ge=0, le=1)
    gate_max_latency_ratio: float = Field(default=1.5, gt=0)
    gate_latency_floor_ms: float = Field(default=5.0, ge=0)
    gate_min_overlap: float = Field(default=0.3, ge=0, le=1)

    probation_minutes: float = Field(default=10.0, ge=0, le=1_440)
    probation_max_failed_rise: float = Field(default=0.02, ge=0, le=1)
    probation_max_latency_ratio: float = Field(default=2.0, gt=1)

    def thresholds(self, *, mode: Literal["better", "not-worse"] | None = None) -> Thresholds:
        """The gate."""
        return Thresholds(
            mode=mode or self.gate_mode,
            min_queries=self.gate_min_queries,
            min_ndcg_change=self.gate_min_ndcg_change,
            min_ndcg_bound=self.gate_min_ndcg_bound,
            max_ndcg_loss=self.gate_max_ndcg_loss,
            max_ndcg_bound_loss=self.gate_max_ndcg_bound_loss,
            max_recall_loss=self.gate_max_recall_loss,
            max_language_loss=self.gate_max_language_loss,
            min_language_queries=self.gate_min_language_queries,
            max_gap_rise=self.gate_max_gap_rise,
            max_latency_ratio=self.gate_max_latency_ratio,
            latency_floor_ms=self.gate_latency_floor_ms,
            min_overlap=self.gate_min_overlap,
        )

    @property
    def mlflow_page(self) -> str:
        """Where people look at runs and versions in MLflow; empty when there is no server."""
        address = (self.public_mlflow_url or self.tracking_uri).rstrip("/")
        return address if address.startswith("http") else ""

    def limits(self, *, minutes: float | None = None) -> Limits:
        """What a champion on probation may cost."""
        return Limits(
            minutes=self.probation_minutes if minutes is None else minutes,
            max_failed_rise=self.probation_max_failed_rise,
            max_latency_ratio=self.probation_max_latency_ratio,
        )

    def judgements(self) -> list[Path]:
        """The judged queries that are named, none when the sample's are meant."""
        return [Path(name.strip()) for name in self.gate_judgements.split(",") if name.strip()]
