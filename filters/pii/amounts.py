"""What stands beside an amount of money or a share: no number of a person or a computer."""

import re

_SIGNS = "$€£¥₹₩₽₫₺₴₦₱฿₪₸₡₲₵₼₾﷼%‰"
_CODES = (
    "Rp|Rs|USD|EUR|GBP|JPY|CNY|RMB|INR|CHF|IDR|VND|VNĐ|NGN|KES|PHP|SEK|NOK|DKK|PLN|RUB|UAH|TRY|BRL"
    "|MXN|ZAR|AED|SAR|руб|грн|тенге|тг|сум|сўм|лв|kr|kč|Kč|zł|Ft|lei|TL|đ|đồng|dong|元|円|원|บาท"
    "|د\\.إ|ر\\.س|ريال|درهم|جنيه|تومان|রুপি|টাকা|रुपये|रु"
)
MONEY_BEFORE = re.compile(rf"(?:[{_SIGNS}]|(?<![^\W\d_])(?:{_CODES}|R\$|S/))[.]?\s?\Z")
MONEY_AFTER = re.compile(
    rf"(?:[.,][0-9]{{1,2}})?\s?(?:[{_SIGNS}]|(?:{_CODES}|R\$)(?![a-zа-яё])|,[0-9])"
)
