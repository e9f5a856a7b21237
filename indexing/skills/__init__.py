"""Skills and roles: the catalogue of them in two languages, and where a text names them."""

from indexing.skills.catalogue import Catalogue, Role, Skill, load_catalogue

__all__ = ["Catalogue", "Role", "Skill", "load_catalogue"]
