"""Parameters of TypeScript notebooks for papermill.

Loading this module registers a translator for the language "typescript"; papermill loads it for its engine "proflab",
which is papermill's own. What is written here is what `proflab run -p` writes.
"""

import json
import math
import re


def __getattr__(name):
    """`Engine`, papermill's default one. Whoever imports this module first has papermill ask for it before its end."""
    if name == "Engine":
        from papermill.engines import NBClientEngine

        return NBClientEngine
    raise AttributeError(name)


from papermill.models import Parameter  # noqa: E402
from papermill.translators import Translator, papermill_translators  # noqa: E402

MAX_SAFE_INTEGER = 2**53 - 1

# Line ends to TypeScript or to an editor, and halves of a pair, which no file can hold.
_ESCAPED = re.compile("[\x85\u2028\u2029\ud800-\udfff]")

_DECLARATION = re.compile(
    r"^\s*(?:let|const|var)\s+(?P<name>[\w$]+)\s*(?::\s*(?P<type>[^=]+?))?\s*=\s*"
    r"(?P<value>.*?)\s*;?\s*(?://\s*(?P<help>.*?)\s*)?$"
)


class TypeScriptTranslator(Translator):
    """Writes values as TypeScript, and each parameter as a `let`."""

    @classmethod
    def translate(cls, val):
        if val is None:
            return "null"
        if isinstance(val, bool):
            return "true" if val else "false"
        if isinstance(val, int):
            return str(val) if abs(val) <= MAX_SAFE_INTEGER else f"{val}n"
        if isinstance(val, float):
            return cls.translate_float(val)
        if isinstance(val, dict):
            return "{ " + ", ".join(f"{_key(key)}: {cls.translate(item)}" for key, item in val.items()) + " }"
        if isinstance(val, (list, tuple)):
            return "[" + ", ".join(cls.translate(item) for item in val) + "]"
        return _text(str(val))

    @classmethod
    def translate_float(cls, val):
        if math.isnan(val):
            return "NaN"
        if math.isinf(val):
            return "Infinity" if val > 0 else "-Infinity"
        return repr(val)

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        lines = [f"let {name}{_type(value)} = {cls.translate(value)};" for name, value in parameters.items()]
        return "\n".join([cls.comment(comment), *lines, ""])

    @classmethod
    def inspect(cls, parameters_cell):
        """The parameters that the cell declares, one a line, for `papermill --help-notebook`."""
        found = (_DECLARATION.match(line) for line in parameters_cell["source"].splitlines())
        return [
            Parameter(
                name=match["name"],
                inferred_type_name=match["type"] or "None",
                default=match["value"],
                help=match["help"] or "",
            )
            for match in found
            if match
        ]


def _type(value):
    """A type where the one that TypeScript would infer is too narrow for what the notebook does with the default."""
    if value is None:
        return ": any"
    if isinstance(value, dict):
        return ": Record<string, any>"
    if isinstance(value, (list, tuple)):
        kinds = {_kind(item) for item in value}
        return "" if len(kinds) == 1 and None not in kinds else ": any[]"
    return ""


def _kind(value):
    """TypeScript's `typeof`, where a list of such values needs no type."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "number" if abs(value) <= MAX_SAFE_INTEGER else "bigint"
    if isinstance(value, float):
        return "number"
    return None if value is None or isinstance(value, (dict, list, tuple)) else "string"


def _key(key):
    text = _text(str(key))
    return f"[{text}]" if key == "__proto__" else text  # else it would set the prototype


def _text(value):
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


papermill_translators.register("typescript", TypeScriptTranslator)
