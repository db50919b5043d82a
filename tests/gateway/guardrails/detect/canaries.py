"""Canaries: one value for each kind of personal data and secret, with the entity it belongs to. All of them are
invented; those with a check digit have a right one. They are found with no setting but the entities' names.

Where a value is only known by the words before it, ``sentence`` holds them: send the sentence, look for the value.
Secrets are put together from pieces, so that a hosting service's scanner does not refuse the repository."""

from __future__ import annotations

from typing import NamedTuple


class Canary(NamedTuple):
    kind: str
    value: str
    entity: str
    sentence: str = "{}"

    @property
    def text(self) -> str:
        """The value among the words it needs."""
        return self.sentence.format(self.value)


def _joined(*pieces: str) -> str:
    return "".join(pieces)


PRIVATE_KEY = "\n".join(
    (
        _joined("-----BEGIN ", "RSA PRIVATE ", "KEY-----"),
        _joined("MIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu"),
        _joined("KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQJAIJLixBy2qpFoS4DSmoEm"),
        _joined("o3qGy0t6z09AIJtH+5OeRV1be+N4cDYJKffGzDa88vQENZiRm0GRq6a+HPGQMd2k"),
        _joined("-----END ", "RSA PRIVATE ", "KEY-----"),
    )
)
JWT = _joined(
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", ".", "eyJzdWIiOiI0MjQyIiwibmFtZSI6IkNhbmFyeSJ9", ".",
    "Q7yN0w5hXk2mVd8sLrTzPbGfJ3aC9eUoKiWx1RqHn4E",
)  # fmt: skip

CANARIES: tuple[Canary, ...] = (
    Canary("e-mail", "canary.bird+mine@aviary-mail.com", "EMAIL"),
    Canary("e-mail, unicode domain", "kanarie@vögel-käfig.de", "EMAIL"),
    Canary("phone, international", "+49 30 90182455", "PHONE"),
    Canary("phone, United States", "+1 415-555-2671", "PHONE"),
    Canary("card, Visa", "4111 1111 1111 1111", "CARD"),
    Canary("card, American Express", "378282246310005", "CARD"),
    Canary("card, Mastercard", "5555-5555-5555-4444", "CARD"),
    Canary("IBAN, Germany", "DE89 3704 0044 0532 0130 00", "IBAN"),
    Canary("IBAN, United Kingdom", "GB29NWBK60161331926819", "IBAN"),
    Canary("IPv4", "84.17.52.211", "IP"),
    Canary("IPv6", "2a02:8108:9640:2b8c:5d1f:7be2:91aa:3c04", "IP"),
    Canary("MAC", "3c:22:fb:9a:41:d7", "MAC"),
    Canary("URL with credentials", _joined("postgres://", "canary:Kaef1gT", "uer@db.intern.example.org"),
           "URL_CREDENTIALS"),
    Canary("SSN, United States", "536-22-8417", "NATIONAL_ID"),
    Canary("NINO, United Kingdom", "JG 10 37 59 A", "NATIONAL_ID"),
    Canary("Steuer-ID, Germany", "65929970489", "NATIONAL_ID", "Steuer-ID: {}"),
    Canary("NIR, France", "2 84 05 88 116 285 05", "NATIONAL_ID"),
    Canary("DNI, Spain", "12345678Z", "NATIONAL_ID"),
    Canary("codice fiscale, Italy", "RSSMRA80A01H501U", "NATIONAL_ID"),
    Canary("BSN, Netherlands", "111222333", "NATIONAL_ID", "BSN {}"),
    Canary("PESEL, Poland", "44051401359", "NATIONAL_ID", "PESEL {}"),
    Canary("personnummer, Sweden", "811228-9874", "NATIONAL_ID"),
    Canary("CPF, Brazil", "529.982.247-25", "NATIONAL_ID"),
    Canary("Aadhaar, India", "2341 2341 2346", "NATIONAL_ID", "Aadhaar number {}"),
    Canary("resident id, China", "11010519491231002X", "NATIONAL_ID"),
    Canary("RRN, Korea", "900101-1234568", "NATIONAL_ID"),
    Canary("passport", "C01X00T47", "PASSPORT", "passport number {}"),
    Canary("driver's license", "D1234562", "DRIVER_LICENSE", "driver's license: {}"),
    Canary("date of birth", "1984-05-17", "DATE_OF_BIRTH", "date of birth: {}"),
    Canary("wallet, Bitcoin", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "CRYPTO"),
    Canary("wallet, Ethereum", "0x52908400098527886E0F7030069857D2E4169EE7", "CRYPTO"),
    Canary("OpenAI key", _joined("sk", "-proj-", "Zk3vT9qLw8XbR2mNc7Yd", "T3BlbkFJ", "p5Hs1KgUe6Jf0VaQi4Ox"), "SECRET"),
    Canary("Anthropic key", _joined("sk", "-ant-", "api03-", "vX2nB8kQ4jR7tL1wZ5sD9fH3mC6pY0gKuEaViOxT-NbMlQwRt"),
           "SECRET"),
    Canary("Google key", _joined("AI", "za", "SyD8kX2mQ9vL4tR7nB1wZ5sF3hJ6cY0gKuE"), "SECRET"),
    Canary("AWS access key", _joined("AK", "IA", "Q3EGN7YH5ZLK2VTX"), "SECRET"),
    Canary("AWS secret key", _joined("kX8vQ2nT7+mB4jR1wZ5/", "sD9fH3pY6cL0gKuEaViO"), "SECRET",
           "aws_secret_access_key = {}"),
    Canary("GitHub token", _joined("gh", "p_", "k3XvT9qLw8ZbR2mNc7YdP5Hs1KgUe6Jf0VaQ"), "SECRET"),
    Canary("GitLab token", _joined("gl", "pat-", "Xk3vT9qLw8ZbR2mNc7Yd"), "SECRET"),
    Canary("Slack token", _joined("xo", "xb-", "284719305518-", "kT9vQ2nXmB4jR7wZ5sD1fH3p"), "SECRET"),
    Canary("Stripe key", _joined("sk", "_live_", "Xk3vT9qLw8ZbR2mNc7YdP5Hs"), "SECRET"),
    Canary("SendGrid key", _joined("S", "G.", "k3XvT9qLw8ZbR2mNc7YdPQ", ".",
           "kX8vQ2nT7mB4jR1wZ5sD9fH3pY6cL0gKuEaViOxTbNm"), "SECRET"),
    Canary("npm token", _joined("np", "m_", "k3XvT9qLw8ZbR2mNc7YdP5Hs1KgUe6Jf0VaQ"), "SECRET"),
    Canary("Hugging Face token", _joined("h", "f_", "kXvTqLwZbRmNcYdPHsKgUeJfVaQiOxTbNm"), "SECRET"),
    Canary("JWT", JWT, "SECRET"),
    Canary("private key", PRIVATE_KEY, "SECRET"),
    Canary("Switchboard key", _joined("sk", "-sb-", "k3XvT9qLw8ZbR2mNc7YdP5Hs1KgUe6Jf0VaQiOxTbNm"), "SECRET"),
    Canary("password", "Kanarienv0gel!77", "SECRET", "password={}"),
    Canary("key of no known vendor", "k3XvT9qLw8ZbR2mNc7YdP5Hs1KgUe6Jf", "SECRET", "api_key: {}"),
)  # fmt: skip
