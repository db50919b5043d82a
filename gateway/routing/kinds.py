"""What kind of request a text is: simple, code, creative or chat. Rules as data, read in one pass, without a model.

The rules, the first that holds wins; they look at the app's own words only, never at what a system prompt says:

- **code**: one sign that only code has (a fence, a stack trace, a diff, SQL, a file name), one word that only
  programmers use, or two different words that they use often. The tools of a coding agent do as well.
- **creative**: a word for a work (story, poem, slogan …) beside one that asks for it to be made, or a word that stands
  for such a work alone (haiku, limerick).
- **simple**: a short question without anything that asks for much.
- **chat**: the rest.

Words are looked up whole, in small letters. Languages without blanks, and those that inflect, are searched for pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SIMPLE, CODE, CREATIVE, LARGE, CHAT = "simple", "code", "creative", "large", "chat"
KINDS = (SIMPLE, CODE, CREATIVE, LARGE, CHAT)
OFTEN_ENOUGH = 2  # different words that programmers use often
LONGEST_SIMPLE = 60  # input units of a question that may be simple


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- code --------------------------------------------------------------------------------------

CODE_SIGNS = {  # by a mark that all of them hold, so that a text without it is passed over
    "`": ("```",),
    "(": ("Traceback (most", "();", "print(", "console.log(", "(self", "def __init__(", "function("),
    "{": (") {", "){", "=> {", "= {", "{\n", '{"'),
    "<": ("</div>", "</html>", "<?php", "/>\n"),
    ":": ("std::", "::new(", "):\n"),
    "\n": ("\ndef ", "\nclass ", "\nimport ", "\nfn ", "\nfunc ", "\nconst ", "\n@@ -", "\n+++ ", "\n    at "),
    "#": ("#include", "#!/"),
    "@": ("@@ -",),
    "*": ("SELECT *", "/**"),
    "=": (" == ", " != ", " += ", "!=="),
}
FILE_NAME = re.compile(
    r"\.(?:py|pyi|js|mjs|jsx|ts|tsx|java|kt|rs|go|rb|php|cs|cpp|cc|hpp|swift|scala|sh|bash|sql|ipynb|vue|css|scss"
    r"|ya?ml|toml|json|lock|gradle|tf|proto|lua|ex|exs|hs|ml|dart|c|h)(?![\w.])"
)
SQL = re.compile(r"\b(?:SELECT|DELETE)\b.{0,200}\bFROM\b", re.DOTALL)
CODE_WORDS = _words(
    """refactor refactoring debug debugging debugger regex regexp stacktrace traceback segfault compiler linter pytest
    unittest typescript javascript dockerfile kubernetes webpack django numpy pandas pytorch subprocess async coroutine
    mutex deadlock goroutine boilerplate codebase repo stdout stderr docstring polymorphism middleware endpoint crud
    npm kubectl sudo nullpointerexception typeerror valueerror keyerror syntaxerror attributeerror indexerror
    referenceerror importerror modulenotfounderror panicked
    programmiere programmieren quelltext quellcode stacktrace refaktoriere refactorise débogue déboguer depura depurar
    refactoriza"""
)
OFTEN_CODE = _words(
    """code coding script function functions method class python java rust golang ruby php kotlin swift c++ c# sql css
    html react node vue bash shell api json yaml xml csv bug bugs error exception loop array list dict hashmap string
    variable integer boolean recursion recursive algorithm implement parse parser query database schema table index git
    branch commit merge server deploy docker container linux test tests module package library import compile runtime
    thread threads memory leak cache null pointer struct type types program programming programmer developer
    funktion funktionen klasse klassen methode skript schleife variable fehlermeldung fehler datenbank abfrage programm
    schnittstelle rekursiv rekursive algorithmus implementiere programmiersprache liste zeichenkette
    fonction fonctions classe méthode boucle erreur programme requête tableau chaîne algorithme implémente récursive
    función funciones clase método bucle código programa consulta algoritmo implementa cadena recursiva variables
    funzione classe codice ciclo errore algoritmo função código laço erro functie klasse foutmelding"""
)
CODE_PIECES = (
    *("代码", "函数", "报错", "编程", "脚本", "正则", "数据库", "接口", "算法", "调试", "重构", "变量", "程序"),
    *("代碼", "函數", "程式", "腳本", "排序", "쿼리", "코드", "함수", "버그", "오류", "스크립트", "알고리즘"),
    *("コード", "関数", "エラー", "プログラム", "スクリプト", "正規表現", "バグ", "デバッグ", "変数", "実装"),
    *("функци", "скрипт", "код ", "коде", "ошибк", "алгоритм"),
)
CODE_TOOLS = _words(
    """bash shell write_file read_file edit_file apply_patch str_replace_editor str_replace_based_edit_tool multiedit
    glob run_terminal_cmd run_command execute_command replace_in_file write_to_file run_in_terminal code_interpreter
    codebase_search"""
)

# --- creative ----------------------------------------------------------------------------------

WORKS_ALONE = _words(
    """haiku haikus limerick limericks sonnet slogan slogans tagline taglines lyrics screenplay fanfiction
    kurzgeschichte werbespruch werbeslogan liedtext songtext drehbuch alexandrin eslogan acróstico"""
)
WORKS = _words(
    """story stories tale fairytale poem poems poetry verse song novel novella chapter character dialogue monologue
    scene script plot joke jokes riddle speech toast rap ballad fable myth names name jingle invitation
    geschichte gedicht gedichte märchen fabel lied roman kapitel witz rede reim reime ballade erzählung rätsel
    histoire poème poèmes conte chanson roman chapitre blague discours fable nouvelle récit
    cuento historia poema poemas canción novela capítulo chiste discurso fábula relato
    storia poesia canzone racconto filastrocca história conto canção verhaal gedicht sprookje liedje"""
)
MAKING = _words(
    """write compose create invent tell imagine draft brainstorm rewrite continue suggest pen narrate make
    schreib schreibe verfasse dichte erfinde erzähl erzähle erzählen schreiben denk
    écris écrivez rédige compose invente imagine raconte racontez écrire
    escribe escríbeme inventa cuenta cuéntame compón redacta imagina crea escribir
    scrivi inventa racconta componi escreva conte crie schrijf vertel verzin"""
)
WORK_PIECES = (
    *("故事", "诗", "詩", "小说", "小說", "歌词", "歌詞", "广告语", "标语", "童话", "剧本", "作文", "散文", "笑话"),
    *("物語", "俳句", "短歌", "キャッチコピー", "童話", "脚本", "小話", "이야기", "동화", "소설", "슬로건"),
    *("стих", "рассказ", "сказк", "слоган", "песн"),
)
MAKING_PIECES = (
    *(
        "写",
        "寫",
        "编",
        "讲",
        "創作",
        "创作",
        "想",
        "作っ",
        "作り",
        "書い",
        "書き",
        "考え",
        "語っ",
        "써",
        "지어",
        "만들",
    ),
    *("напиши", "придумай", "сочини", "расскажи"),
)

# --- not simple --------------------------------------------------------------------------------

DEMANDING = _words(
    """analyze analyse analysis prove proof derive essay report detailed thorough thoroughly comprehensive compare
    evaluate assess critique strategy roadmap plan step-by-step outline research explain discuss negotiate
    analysiere beweise aufsatz ausführlich ausführliche vergleiche bewerte strategie erkläre erörtere plane
    analyse démontre prouve dissertation détaillé détaillée compare évalue stratégie explique
    analiza demuestra ensayo detallado detallada compara evalúa estrategia explica"""
)
DEMANDING_PIECES = (
    *("分析", "证明", "論文", "论文", "详细", "詳しく", "比较", "比較", "証明", "解释", "説明"),
    *("проанализируй", "докажи"),
)

_MARKS = str.maketrans(dict.fromkeys(".,;:!?()[]{}\"'`*<>«»„“”¿¡…/\\", " "))


def kind_of(text: str, *, units: int, simple: bool) -> str:
    """The kind of ``text``, the app's last words. ``units``: how long they are; ``simple``: whether nothing else in the
    request speaks against a simple one (tools, pictures, a long conversation)."""
    small = text.lower()
    words = set(small.translate(_MARKS).split())
    plain = text.isascii()
    if _is_code(text, small, words, plain=plain):
        return CODE
    if _is_creative(small, words, plain=plain):
        return CREATIVE
    if not simple or units > LONGEST_SIMPLE or not words:
        return CHAT
    demanding = not DEMANDING.isdisjoint(words) or (not plain and _has(small, DEMANDING_PIECES))
    return CHAT if demanding else SIMPLE


def codes(tools: Iterable[str]) -> bool:
    """Whether these are a coding agent's tools, by their names."""
    return any(name.lower() in CODE_TOOLS for name in tools)


def _is_code(text: str, small: str, words: set[str], *, plain: bool) -> bool:
    if not CODE_WORDS.isdisjoint(words):
        return True
    for mark, signs in CODE_SIGNS.items():
        if mark in text and _has(text, signs):
            return True
    often = len(OFTEN_CODE & words) + (0 if plain else sum(piece in small for piece in CODE_PIECES))
    if often >= OFTEN_ENOUGH:
        return True
    if "." in text and FILE_NAME.search(text) is not None:
        return True
    return "select" in words and "from" in words and SQL.search(text) is not None


def _is_creative(small: str, words: set[str], *, plain: bool) -> bool:
    if not WORKS_ALONE.isdisjoint(words):
        return True
    if not WORKS.isdisjoint(words) and not MAKING.isdisjoint(words):
        return True
    return not plain and _has(small, WORK_PIECES) and _has(small, MAKING_PIECES)


def _has(text: str, pieces: Iterable[str]) -> bool:
    for piece in pieces:  # noqa: SIM110  (any() with a generator takes twice as long)
        if piece in text:
            return True
    return False
