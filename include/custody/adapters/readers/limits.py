"""How much a reader takes in before it refuses; each with its unit."""

READ_BYTES = 1024 * 1024  # bytes asked of the stream at a time
BLOCK_ROWS = 16_384  # rows of one block
BLOCK_CELLS = 8_000_000  # cells of one block; wide files get shorter blocks
MAX_ROWS = 20_000_000  # rows of one file
MAX_COLUMNS = 10_000  # columns of one file
MAX_ROW_CHARS = 16 * 1024 * 1024  # characters of one row, quotes included
MAX_FIELD_CHARS = 131_072  # characters of one cell
MAX_XLSX_BYTES = 64 * 1024 * 1024  # bytes of a workbook as it landed
MAX_XLSX_UNPACKED_BYTES = 512 * 1024 * 1024  # bytes of all its parts unpacked
MAX_XLSX_PARTS = 1_000  # parts in the zip
MAX_XLSX_RATIO = 200  # unpacked bytes per packed byte of one part
MIN_RATIO_BYTES = 1024 * 1024  # a part smaller than this may pack as it likes
MAX_HEADER_SEARCH_ROWS = 20  # rows of a form searched for the header
MAX_SHEET_ROWS = 1_048_576  # rows of one sheet: what Excel itself allows
FRAME_ROWS = 8_192  # rows gathered one by one before they become a frame
FRAME_CELLS = 2_000_000  # cells gathered so; wide rows get shorter frames
MAX_PARQUET_FOOTER_BYTES = 16 * 1024 * 1024  # bytes of the footer, before it is parsed
MAX_PARQUET_RATIO = 1_000  # unpacked bytes of a row group per byte of the file
MAX_PARQUET_ROWS_RATIO = 100  # rows per byte of the file
MIN_RATIO_ROWS = 100_000  # rows that a file may have whatever its size
MAX_PARQUET_PAGE_BYTES = 256 * 1024 * 1024  # bytes of one page unpacked
MAX_PARQUET_GROUPS = 100_000  # row groups of one file
MAX_FRAME_CHARS = 256 * 1024 * 1024  # bytes of text of one column of one frame
