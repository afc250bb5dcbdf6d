"""Lead lists as people have them: the CSV exports of CRMs, address books and badge scanners (DESIGN §5).

`sniff` finds out how a file is written, `read` gives its rows one by one, good and bad, with flat memory.
"""

from callsheet.exchange.leads_csv.dialect import Dialect, sniff
from callsheet.exchange.leads_csv.errors import CsvError
from callsheet.exchange.leads_csv.reading import Progress, read
from callsheet.exchange.leads_csv.times import DateOrder

__all__ = ["CsvError", "DateOrder", "Dialect", "Progress", "read", "sniff"]
