"""What benchmark files hold: the columns of those that are published, by name."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Fields:
    """Which columns hold what.

    Attributes:
      texts: each looked for on its own; `a+b` is the text of a followed by that of b, and of
        `a+b|c` the first alternative counts whose columns are all there.
      name: of the item; absent, or not among the columns, numbers the items.
      code: the texts are code, compared by tokens of code.
      headerless: columns of a .csv whose first line names none of those in `texts`.
    """

    texts: tuple[str, ...]
    name: str | None = None
    code: bool = False
    headerless: tuple[str, ...] = ()


# As the benchmarks' authors publish them, and as they stand on the Hugging Face hub: upper case,
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
    """One file, or several of one layout (a glob or a folder), that a recipe names."""

    name: str
    path: str
    fields: Fields
