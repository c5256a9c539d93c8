"""Quillmere's pages, policies, articles and notices as documents to search."""

from __future__ import annotations

from ftlab import files, paths
from ftlab.retrieval.documents import Document, titled
from ftlab.seeded import rng
from ftlab.world import quillmere


def pages(year: int = 2025) -> list[Document]:
    """Quillmere's pages: two of each product in its shop, one of each policy, as they stand in that year."""
    found = []
    for product in quillmere.products(year):
        if product.status == "retired":
            continue
        for i in range(2):
            text = quillmere.product_page(product, rng("page", product.id, i))
            found.append(titled(f"{product.id}-{i}", text, "product", product.name))
    for policy in quillmere.policies(year):
        text = quillmere.policy_document(policy, rng("policy", policy.id))
        found.append(titled(policy.id, text, "policy", policy.title))
    return found


def articles() -> list[Document]:
    """The company's articles on its goods, people and workshops."""
    rows = files.read_jsonl(paths.data() / "quillmere" / "articles.jsonl")
    return [Document(row["id"], row["title"], row["text"], "article", row["product"] or "") for row in rows]


def notices() -> list[Document]:
    """The 43 notices of 2026: prices, warranties and rules that change, goods that come and go."""
    rows = files.read_jsonl(paths.data() / "quillmere" / "updates.jsonl")
    names = {product.id: product.name for product in (*quillmere.products(2025), *quillmere.products(2026))}
    names |= {policy.id: policy.title for policy in quillmere.policies()}
    return [titled(row["id"], row["text"], "notice", names[row["target"]]) for row in rows]
