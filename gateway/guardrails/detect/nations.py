"""National and tax ids: their forms, check digits and the words that announce them. How they are found in a text is in
national.py. Sources: the issuers' publications as collected in python-stdnum's documentation.

A form is written with 0 for a digit and A for a letter. What stands in ``free`` is an id wherever it is found and its
check is right; what stands in ``hinted`` only where one of ``words`` comes before it: too many others look so."""

from __future__ import annotations

from typing import NamedTuple

from gateway.guardrails.detect import id_checks as ids
from gateway.guardrails.detect.checks import Check, ddmmyy, luhn, weighted, yymmdd


class NationalId(NamedTuple):
    kind: str
    check: Check  # gets the id without its separators, in capitals
    free: str = ""
    hinted: str = ""
    words: str = ""
    certainty: int = 2


_NINO = r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]"
_CURP = r"[A-Z][AEIOUX][A-Z]{2}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[HMX][A-Z]{5}[A-Z0-9][0-9]"

NATIONAL_IDS: tuple[NationalId, ...] = (
    NationalId("us_ssn", ids.ssn, "000-00-0000", "000000000|000 00 0000|000.00.0000", "ssn social"),
    NationalId("us_itin", ids.itin, "900-00-0000", "900000000|900 00 0000", "itin taxpayer tin"),
    NationalId("uk_nino", ids.like(_NINO), "AA000000A|AA 00 00 00 A|AA-00-00-00-A|AA 000000 A", "", "nino insurance"),
    NationalId("uk_nhs", ids.eleven((10, 9, 8, 7, 6, 5, 4, 3, 2), ten=-1), "", "000 000 0000|0000000000|000-000-0000",
               "nhs"),
    NationalId("de_steuer_id", ids.steuer_id, "00 000 000 000", "00000000000|00/000/000/000",
               "steuer steuer-id steuerid idnr identifikationsnummer steuerliche tin tax steuernummer"),
    NationalId("fr_nir", ids.nir, "000000000000000|0 00 00 00 000 000 00|0 00 00 00 000000 00|0 00 00 00 000 000-00|"
               "0000000000000 00|00000AA00000000|000000A00000000|0 00 00 0A 000 000 00|00000000000000 0", "",
               "sécu nir insee sécurité", 3),
    NationalId("es_dni", ids.dni, "00000000A|00000000-A|00.000.000-A|00.000.000 A", "00000000 A", "dni nif documento"),
    NationalId("es_nie", ids.nie, "A0000000A|A-0000000-A|A-0000000A|A0000000-A", "", "nie", 3),
    NationalId("it_codice_fiscale", ids.codice_fiscale, "AAAAAA00A00A000A|AAA AAA 00A00 A000A", "", "codice fiscale cf",
               3),
    NationalId("nl_bsn", ids.bsn, "", "000000000|0000.00.000|0000 00 000|000 000 000|00000000",
               "bsn burgerservicenummer sofinummer"),
    NationalId("pl_pesel", ids.pesel, "00000000000", "", "pesel"),
    NationalId("se_personnummer", ids.personnummer, "000000-0000|000000+0000", "0000000000",
               "personnummer pnr samordningsnummer"),
    NationalId("se_personnummer", ids.personnummer_long, "00000000-0000|000000000000", "", "personnummer"),
    NationalId("fi_hetu", ids.hetu, "000000-000A|000000A000A|000000-0000|000000A0000|000000+000A", "",
               "hetu henkilötunnus", 3),
    NationalId("dk_cpr", ids.cpr, "000000-0000", "", "cpr"),
    NationalId("dk_cpr", lambda value: ddmmyy(value[:6]), "", "000000-0000|0000000000|000000 0000",
               "cpr cpr-nummer personnummer"),
    NationalId("be_rijksregister", ids.rijksregister, "00.00.00-000.00|00000000000|00.00.00 000.00", "",
               "rijksregister rijksregisternummer national"),
    NationalId("pt_nif", ids.nif, "", "000000000|000 000 000", "nif contribuinte nipc fiscal"),
    NationalId("ch_ahv", ids.ahv, "000.0000.0000.00|0000000000000|000 0000 0000 00", "", "ahv avs", 3),
    NationalId("at_svnr", lambda value: ddmmyy(value[4:]), "", "0000000000|0000 000000",
               "svnr sozialversicherungsnummer"),
    NationalId("br_cpf", ids.cpf, "000.000.000-00", "00000000000|000000000-00", "cpf"),
    NationalId("br_cnpj", ids.cnpj, "00.000.000/0000-00", "00000000000000", "cnpj"),
    NationalId("in_aadhaar", ids.aadhaar, "0000 0000 0000|0000-0000-0000", "000000000000", "aadhaar aadhar uidai आधार"),
    NationalId("in_pan", ids.like("[A-Z]{3}[ABCFGHLJPTK][A-Z][0-9]{4}[A-Z]"), "AAAAA0000A", "", "pan"),
    NationalId("cn_resident_id", ids.resident_id, "000000000000000000|00000000000000000A", "", "身份证 身份證", 3),
    NationalId("jp_my_number", ids.my_number, "", "000000000000|0000 0000 0000|0000-0000-0000",
               "マイナンバー 個人番号"),
    NationalId("kr_rrn", ids.rrn, "000000-0000000", "0000000000000", "주민등록번호 주민번호"),
    NationalId("ca_sin", ids.sin, "000-000-000", "000 000 000|000000000", "sin nas social"),
    NationalId("au_tfn", ids.tfn, "", "000000000|000 000 000", "tfn tax"),
    NationalId("au_medicare", ids.medicare, "", "0000000000|0000 00000 0|0000 00000 0 0|00000000000|0000 00000 0-0",
               "medicare"),
    NationalId("sg_nric", ids.nric, "A0000000A", "", "nric fin"),
    NationalId("za_id", ids.za, "0000000000000", "000000 0000 000|000000 0000 0 00", "identity"),
    NationalId("tr_tckn", ids.tckn, "", "00000000000", "tc kimlik tckn t.c"),
    NationalId("no_fnr", ids.fnr, "00000000000|000000 00000", "", "fødselsnummer fnr personnummer"),
    NationalId("cz_rodne_cislo", ids.rodne_cislo, "000000/0000", "0000000000", "rodné rodne rč"),
    NationalId("ro_cnp", ids.cnp, "0000000000000", "", "cnp"),
    NationalId("ie_pps", ids.pps, "", "0000000A|0000000AA", "pps ppsn"),
    NationalId("mx_curp", ids.like(_CURP), "AAAA000000AAAAAA00|AAAA000000AAAAAAA0", "", "curp", 3),
    NationalId("cl_rut", ids.rut, "00.000.000-0|00.000.000-A|0.000.000-0|0.000.000-A",
               "00000000-0|00000000-A", "rut run"),
    NationalId("ar_cuit", ids.cuit, "00-00000000-0", "00000000000", "cuit cuil"),
    NationalId("ar_dni", ids.anything, "", "00.000.000|00000000", "dni"),
    NationalId("th_id", ids.thai, "0-0000-00000-00-0", "0000000000000", "บัตรประชาชน"),
    NationalId("tw_id", ids.taiwan, "A000000000", "", "身分證 身分證字號"),
    NationalId("hk_id", ids.hkid, "A000000(0)|AA000000(0)|A000000(A)", "A0000000", "hkid"),
    NationalId("my_nric", lambda value: yymmdd(value[:6]), "", "000000-00-0000|000000000000", "mykad nric kad"),
    NationalId("bg_egn", lambda value: weighted(value[:9], (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(value[9]),
               "", "0000000000", "егн egn"),
    NationalId("gr_amka", lambda value: ddmmyy(value[:6]) and luhn(value), "", "00000000000", "amka αμκα"),
    NationalId("ee_isikukood", lambda value: value[0] in "123456" and yymmdd(value[1:7]), "", "00000000000",
               "isikukood kodas"),
)  # fmt: skip

WORDS: dict[str, str] = {}
for _one in NATIONAL_IDS:
    WORDS[_one.kind] = f"{WORDS.get(_one.kind, '')} {_one.words}".strip()
