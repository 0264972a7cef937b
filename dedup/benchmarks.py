"""Which columns of published benchmark files hold the texts, by the name of the benchmark."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Fields:
    """Which columns of a benchmark file hold the texts, and which one the name of an item.

    Attributes:
      texts: columns that are each looked for on their own. `a+b` is the text of column a followed
        by that of column b. Of `a+b|c` the first alternative is used whose columns all exist.
      name: the column that names an item; without such a column items are numbered.
      code: the texts are code and are compared by tokens of code.
      headerless: the columns of a .csv file whose first line names none of those in `texts`.
    """

    texts: tuple[str, ...]
    name: str | None = None
    code: bool = False
    headerless: tuple[str, ...] = ()


# Columns as the benchmarks' authors publish them, and as they are on the Hugging Face hub. Case,
# spaces and underscores in a column's name make no difference.
FORMATS = {
    # openai/human-eval: HumanEval.jsonl.gz; openai/openai_humaneval
    "humaneval": Fields(("prompt", "prompt+canonical_solution"), "task_id", code=True),
    # openai/grade-school-math: test.jsonl; openai/gsm8k
    "gsm8k": Fields(("question", "question+answer")),
    # hendrycks/test: data/test/*.csv without a header; OpenAI's simple-evals: A to D with one;
    # cais/mmlu: a list `choices`
    "mmlu": Fields(
        ("question", "question+choices|question+a+b+c+d"),
        headerless=("question", "a", "b", "c", "d", "answer"),
    ),
    # sylinrl/TruthfulQA: TruthfulQA.csv; truthfulqa/truthful_qa
    "truthfulqa": Fields(("question", "question+best_answer")),
    # hendrycks/math: MATH/test/*/*.json, a problem a file; HuggingFaceH4/MATH-500
    "math": Fields(("problem", "problem+solution"), "unique_id"),
    # idavidrein/gpqa: dataset/gpqa_*.csv; idavidrein/gpqa on the hub
    "gpqa": Fields(("question", "question+correct_answer"), "record_id"),
}


@dataclasses.dataclass(frozen=True)
class BenchmarkFile:
    """A file, glob or folder that a recipe names; all its files have the same layout."""

    name: str
    path: str
    fields: Fields
