"""Where versions of the data are kept, as the environment and `.env` say it."""

from __future__ import annotations

from pydantic import AliasChoices, Field, SecretStr

from flows.settings import FlowSettings


class DataSettings(FlowSettings):
    """The S3 storage beside what every flow needs. Keys may as well come from ~/.aws, as for any S3 tool."""

    s3_endpoint: str = Field(default="", description="Empty: AWS. A URL: that S3 server.")
    s3_bucket: str = Field(default="", description="Versions lie under s3://BUCKET/dvc.")
    dvc_url: str = Field(default="", description="s3://bucket/prefix, when another prefix is wanted.")
    access_key_id: SecretStr = Field(default=SecretStr(""), validation_alias="AWS_ACCESS_KEY_ID")
    secret_access_key: SecretStr = Field(default=SecretStr(""), validation_alias="AWS_SECRET_ACCESS_KEY")
    session_token: SecretStr = Field(default=SecretStr(""), validation_alias="AWS_SESSION_TOKEN")
    region: str = Field(default="", validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"))
