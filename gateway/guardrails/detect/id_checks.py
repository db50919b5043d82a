"""What makes a national id right: functions of the id without its separators, in capitals. The forms they are given
are those of nations.py. Sources: the issuers' publications as collected in python-stdnum's documentation."""

from __future__ import annotations

import re

from gateway.guardrails.detect.checks import (
    Check,
    day_of,
    ddmmyy,
    iso7064_11_10,
    luhn,
    verhoeff,
    weighted,
    yymmdd,
    yyyymmdd,
)


def like(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def eleven(weights: tuple[int, ...], *, ten: int = 0) -> Check:
    """The last digit is 11 minus the weighted sum modulo 11; ``ten`` stands for 10, 11 is 0."""

    def check(value: str) -> bool:
        left = (11 - weighted(value[:-1], weights) % 11) % 11
        return (ten if left == 10 else left) == int(value[-1])

    return check


def ssn(value: str) -> bool:
    return value[:3] not in ("000", "666") and value[0] != "9" and value[3:5] != "00" and value[5:] != "0000"


def itin(value: str) -> bool:
    group = int(value[3:5])
    return value[0] == "9" and (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99)


def steuer_id(value: str) -> bool:
    """One digit of the first ten stands there twice or three times, the others at most once."""
    counts = sorted((value[:10].count(digit) for digit in set(value[:10])), reverse=True)
    return value[0] != "0" and counts[0] in (2, 3) and counts[1:2] == [1] and iso7064_11_10(value)


def nir(value: str) -> bool:
    digits = value.replace("2A", "19").replace("2B", "18") if value[5:7] in ("2A", "2B") else value
    if not digits.isdigit() or value[0] not in "123478" or not (1 <= int(digits[3:5]) <= 12 or int(digits[3:5]) >= 20):
        return False
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"


def dni(value: str) -> bool:
    return _DNI[int(value[:8]) % 23] == value[8]


def nie(value: str) -> bool:
    return value[0] in "XYZ" and _DNI[int(str("XYZ".index(value[0])) + value[1:8]) % 23] == value[8]


_CF_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22,
    25, 24, 23), strict=True))  # fmt: skip
_CODICE = re.compile(r"[A-Z]{6}[0-9]{2}[ABCDEHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]")


def codice_fiscale(value: str) -> bool:
    if not _CODICE.fullmatch(value):
        return False
    odd = sum(_CF_ODD[char] for char in value[0:15:2])
    even = sum(int(char) if char.isdigit() else ord(char) - 65 for char in value[1:15:2])
    return chr(65 + (odd + even) % 26) == value[15]


def bsn(value: str) -> bool:
    digits = value.zfill(9)
    return int(value) > 9999999 and (weighted(digits[:8], (9, 8, 7, 6, 5, 4, 3, 2)) - int(digits[8])) % 11 == 0


def pesel(value: str) -> bool:
    month = int(value[2:4]) % 20
    return day_of(month, int(value[4:6])) and weighted(value, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def personnummer(value: str) -> bool:
    short = value[-10:]
    day = int(short[4:6])
    return day_of(int(short[2:4]), day - 60 if day > 60 else day) and luhn(short)


def personnummer_long(value: str) -> bool:
    return value[:2] in ("18", "19", "20") and personnummer(value)


def hetu(value: str) -> bool:
    digits = value[:6] + value[-4:-1]
    return digits.isdigit() and ddmmyy(value[:6]) and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31] == value[-1]


_CPR_SUM = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def cpr(value: str) -> bool:
    return ddmmyy(value[:6]) and weighted(value, _CPR_SUM) % 11 == 0


def rijksregister(value: str) -> bool:
    rest = int(value[9:])
    dated = int(value[2:4]) <= 12 and int(value[4:6]) <= 31
    return dated and rest in (97 - int(value[:9]) % 97, 97 - int("2" + value[:9]) % 97)


def nif(value: str) -> bool:
    return value[0] in "1235689" and eleven((9, 8, 7, 6, 5, 4, 3, 2))(value)


def ean13(value: str) -> bool:
    return weighted(value, (1, 3) * 6 + (1,)) % 10 == 0


def ahv(value: str) -> bool:
    return value.startswith("756") and ean13(value)


def cpf(value: str) -> bool:
    if len(set(value)) == 1:
        return False
    return all(weighted(value[:size], range(size + 1, 1, -1)) * 10 % 11 % 10 == int(value[size]) for size in (9, 10))


def cnpj(value: str) -> bool:
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    if len(set(value)) == 1:
        return False
    return all(eleven(weights[13 - size :])(value[: size + 1]) for size in (12, 13))


def aadhaar(value: str) -> bool:
    return value[0] in "23456789" and len(set(value)) > 2 and verhoeff(value)


def resident_id(value: str) -> bool:
    digits = value[:17]
    if not digits.isdigit() or value[17] not in "0123456789X" or not yyyymmdd(value[6:14]) or value[0] == "0":
        return False
    total = weighted(digits, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return "10X98765432"[total % 11] == value[17]


def my_number(value: str) -> bool:
    left = weighted(value[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if left <= 1 else 11 - left) == int(value[11])


def rrn(value: str) -> bool:
    return yymmdd(value[:6]) and value[6] in "12345678"  # numbers given since October 2020 have no check digit


def sin(value: str) -> bool:
    return value[0] not in "08" and luhn(value)


def tfn(value: str) -> bool:
    return weighted(value, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def medicare(value: str) -> bool:
    return value[0] in "23456" and weighted(value[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(value[8])


def nric(value: str) -> bool:
    total = weighted(value[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(value[0], 0)
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
    place = 10 - total % 11 if value[0] == "M" else total % 11
    return value[0] in letters and letters[value[0]][place] == value[8]


def za(value: str) -> bool:
    return yymmdd(value[:6]) and value[10] in "012" and luhn(value)


def tckn(value: str) -> bool:
    odd, even = weighted(value[0:9:2], (1,) * 5), weighted(value[1:8:2], (1,) * 4)
    return (
        value[0] != "0"
        and (odd * 7 - even) % 10 == int(value[9])
        and weighted(value[:10], (1,) * 10) % 10 == int(value[10])
    )


def fnr(value: str) -> bool:
    first = eleven((3, 7, 6, 1, 8, 9, 4, 5, 2), ten=-1)(value[:10])
    return ddmmyy(value[:6]) and first and eleven((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), ten=-1)(value)


def rodne_cislo(value: str) -> bool:
    month = int(value[2:4])
    month = next((month - more for more in (70, 50, 20) if month > more), month)
    return day_of(month, int(value[4:6])) and int(value) % 11 == 0


def cnp(value: str) -> bool:
    rest = weighted(value[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return value[0] != "0" and yymmdd(value[1:7]) and (1 if rest == 10 else rest) == int(value[12])


def pps(value: str) -> bool:
    total = weighted(value[:7], range(8, 1, -1)) + (9 * (ord(value[8]) - 64) if len(value) > 8 else 0)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == value[7]


def rut(value: str) -> bool:
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(value[:-1])))
    return "0123456789K0"[(11 - total % 11) % 11] == value[-1]


def cuit(value: str) -> bool:
    kinds = ("20", "23", "24", "25", "26", "27", "30", "33", "34")
    return value[:2] in kinds and eleven((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), ten=9)(value)


def thai(value: str) -> bool:
    return (11 - weighted(value[:12], range(13, 1, -1)) % 11) % 10 == int(value[12])


def taiwan(value: str) -> bool:
    number = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(value[0]) + 10
    return (
        value[1] in "1289"
        and (number // 10 + number % 10 * 9 + weighted(value[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0
    )


def hkid(value: str) -> bool:
    if not (value[-1] == "A" or value[-1].isdigit()):
        return False
    letters = value[: len(value) - 7].rjust(2, " ")
    total = sum(weight * (36 if char == " " else ord(char) - 55) for weight, char in zip((9, 8), letters, strict=True))
    total += weighted(value[-7:-1], (7, 6, 5, 4, 3, 2)) + (10 if value[-1] == "A" else int(value[-1]))
    return total % 11 == 0


def anything(value: str) -> bool:
    return True
