"""Words that say what the value after them is: "passport", "geboren", "api_key", "order". Single words only, so that a
stream knows at once that one has begun."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

import ahocorasick_rs

from gateway.guardrails.detect.nations import WORDS as NATIONAL_WORDS

REACH = 48  # characters from the beginning of such a word to the value

_LABELS: dict[str, str] = {
    "password": "password passwd passwort passphrase pwd passcode kennwort contraseña contrasena clave passe senha "
    "parola wachtwoord hasło haslo пароль 密码 密碼 口令 パスワード 暗証 비밀번호 şifre lösenord adgangskode salasana "
    "heslo jelszó المرور pass",
    "secret": "secret apikey api_key api-key api secretkey credential credentials bearer authorization auth access "
    "authtoken token tokens private client_secret key keys schlüssel clé llave chiave sleutel chave klucz "
    "密钥 令牌 秘钥 キー トークン مفتاح signing webhook subscription accountkey sharedaccesskey aws_secret",
    "pin": "pin cvv cvc cvv2 otp puk",
    "passport": "passport passeport reisepass pass-nr passnummer pasaporte passaporto paspoort passaporte paszport "
    "paszportu passaportes pasaportes пропуск паспорт 护照 護照 パスポート 旅券 여권 pasaport passnr جواز السفر",
    "license": "driver driver's drivers driving driver-license dl führerschein führerscheinnummer fahrerlaubnis "
    "licence permis conducir conducción patente guida rijbewijs rijbewijsnummer habilitação cnh "
    "condução jazdy prawa 驾驶证 "
    "驾照 運転免許 免許証 운전면허 القيادة körkort",
    "birth": "birth birthdate birthday born dob d.o.b geboren geburtsdatum geburtstag geb naissance "
    "né née nacimiento "
    "nacido nacida nascita nato nata geboortedatum geboorte nascimento nascido nascida urodzenia urodzony urodzona "
    "ur 出生 出生日期 生日 生年月日 誕生日 생년월일 الميلاد ولد مواليد date_of_birth date-of-birth dateofbirth "
    "födelsedatum född født рождения",
    "phone": "phone phones telephone tel tel. telefon telefonnummer telefono telefoon telefone "
    "telefoonnummer teléfono "
    "téléphone mobile mobil mobiltelefon handy handynummer cell cellphone cellulare celular móvil portable gsm fax "
    "whatsapp signal sms call rufnummer telefonu telefonem komórka komórkowy numer 电话 電話 手机 手機 携帯 携帯電話 "
    "座机 联系电话 전화 휴대폰 هاتف الهاتف جوال الجوال موبايل телефон",
    "card": "card karte kreditkarte creditcard visa mastercard amex carte tarjeta carta kaart cartão karta kartę",
    "version": "version versions v ver release releases build section chapter clause rev revision "
    "firmware § versie "
    "wersja versión versione versão версия verze verzia verzió sürüm versio versjon 版本 バージョン 버전 الإصدار "
    "إصدار kapitel abschnitt chapitre capítulo capitolo hoofdstuk rozdział oid",
    "other": "order orders invoice isbn issn ean upc sku tracking ticket serial part item article batch lot build "
    "commit version rechnung rechnungsnummer bestellung bestellnummer auftrag auftragsnummer artikel artikelnummer "
    "sendungsnummer commande facture colis pedido factura ordine fattura bestelnummer factuur "
    "zamówienie zamówienia "
    "faktura faktury encomenda fatura 订单 订单号 单号 発注 注文番号 注文 الطلب طلب طلبية "
    "invoice-no order-no ref reference referenz référence referencia coordinates timestamp unix epoch doi "
    "arxiv patent seriennummer",
    "pem": "-----begin",
}


class Hint(NamedTuple):
    """Such a word, from ``start`` to ``end``, and what it may speak of."""

    start: int
    end: int
    labels: frozenset[str]


def _vocabulary() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for label, words in (*_LABELS.items(), *NATIONAL_WORDS.items()):
        for word in words.split():
            found.setdefault(word, set()).add(label)
    return {word: frozenset(labels) for word, labels in found.items()}


_WORDS = _vocabulary()
_LIST = list(_WORDS)
_HINTS = [_WORDS[word] for word in _LIST]
# A short word must stand alone; a long one may begin or end a longer one ("Kundenkennwort", "DB_PASSWORD").
_SHORT = [len(word) <= 4 and word[0] < "\u2e80" for word in _LIST]
_BEGINS = [short or bool(labels & {"other", "version"}) for short, labels in zip(_SHORT, _HINTS, strict=True)]
_FINDER = ahocorasick_rs.AhoCorasick(_LIST, implementation=ahocorasick_rs.Implementation.DFA)
_ENDS_SENTENCE = re.compile(r"[!?]\s|\n\s*\n|[^\W\d_]{3,}(?<!num)(?<!sec)\.\s+[^\W\d_]{2}")


def lowered(text: str) -> str:
    """In small letters, with every character where it was (one capital of Turkish becomes two by itself)."""
    low = text.lower()
    return low if len(low) == len(text) else text.replace("İ", "i").lower()


def hints(low: str) -> list[Hint]:
    """The words of ``low`` that say what comes after them, by their beginnings."""
    found = []
    for word, start, end in _FINDER.find_matches_as_indexes(low, overlapping=True):
        if _BEGINS[word] and start and low[start - 1].isalnum():
            continue
        if _SHORT[word] and end < len(low) and low[end].isalpha():
            continue
        found.append(Hint(start, end, _HINTS[word]))
    found.sort(key=lambda hint: (hint.start, hint.end))
    return found


def first_reaching(starts: list[int], place: int, floor: int) -> int | None:
    """The first of the words' ``starts`` that reaches ``place``, from ``floor`` on."""
    at = bisect_left(starts, max(place - REACH, floor))
    return starts[at] if at < len(starts) and starts[at] < place else None


def labels_at(found: list[Hint], text: str, place: int) -> frozenset[str]:
    """What the words before ``place`` say of a value that begins there; words of an earlier "
    "sentence say nothing."""
    said: frozenset[str] = frozenset()
    at = bisect_left(found, place - REACH, key=lambda hint: hint.start)
    for hint in found[at:]:
        if hint.start >= place:
            break
        if hint.end <= place and not hint.labels <= said and not _ENDS_SENTENCE.search(text, hint.end, place):
            said |= hint.labels
    return said


def nearest_labels(found: list[Hint], place: int) -> frozenset[str]:
    """What the nearest word before ``place`` says: "order" in "phone order 123-456" outweighs "phone"."""
    at = bisect_left(found, place, key=lambda hint: hint.start)
    before = [hint for hint in found[max(0, at - 6) : at] if hint.end <= place and place - hint.start <= REACH]
    return max(before, key=lambda hint: (hint.end, hint.end - hint.start)).labels if before else frozenset()
