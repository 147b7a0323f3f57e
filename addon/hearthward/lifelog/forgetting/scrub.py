"""What SQLite leaves behind in the pages of its file, and how it is wiped.

`secure_delete` wipes the cells that are deleted, but not the copies that stay in the unused part
of a page when cells move to another one. What is forgotten must not be found there. The layout of
pages is that of https://www.sqlite.org/fileformat2.html, 1.6.
"""

from collections.abc import Iterator
import os
from pathlib import Path

_HEADER = 100
_PAGES = 256

# Types of B-tree pages, and the sizes of their headers. The first byte of all others is that of a
# page number, which is 0 in a file of less than 64 GiB.
_HEADER_SIZES = {2: 12, 5: 12, 10: 8, 13: 8}
_LARGEST = 1 << 36


class Scrubber:
    """Wipes a file, of which nobody writes pages meanwhile; readers are not disturbed.

    The file is opened once: closing it would drop all locks that the process holds on it
    (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """

    def __init__(self, file: Path) -> None:
        """Open the file."""
        self._descriptor = os.open(file, os.O_RDWR)

    def close(self) -> None:
        """Close the file; only when no connection to it is open any more."""
        os.close(self._descriptor)

    def scrub(self) -> int:
        """Wipe what is unused in all pages, durably; return how many had anything."""
        size = os.fstat(self._descriptor).st_size
        head = os.pread(self._descriptor, _HEADER, 0)
        page_size = int.from_bytes(head[16:18]) if size >= _HEADER else 0
        # 1 stands for 64 KiB; with auto-vacuum other pages could be taken for B-trees.
        page_size = 65_536 if page_size == 1 else page_size
        if not page_size or any(head[52:56]) or size > _LARGEST:
            return 0
        step = page_size * _PAGES
        wiped = sum(self._scrub(offset, page_size) for offset in range(0, size, step))
        if wiped:
            os.fdatasync(self._descriptor)
        return wiped

    def _scrub(self, offset: int, page_size: int) -> int:
        """Wipe a number of pages from an offset on."""
        wiped = 0
        data = os.pread(self._descriptor, page_size * _PAGES, offset)
        for start in range(0, len(data) - page_size + 1, page_size):
            page = memoryview(data)[start : start + page_size]
            dirty = [
                part
                for part in unused(page, _HEADER if offset + start == 0 else 0)
                if any(page[part])
            ]
            for part in dirty:
                length = part.stop - part.start
                os.pwrite(self._descriptor, bytes(length), offset + start + part.start)
            wiped += bool(dirty)
        return wiped


def unused(page: memoryview, header: int) -> Iterator[slice]:
    """Yield the parts of a page that hold nothing: before the cells, and between them."""
    header_size = _HEADER_SIZES.get(page[header])
    if header_size is None:
        return
    cells = int.from_bytes(page[header + 3 : header + 5])
    content = int.from_bytes(page[header + 5 : header + 7]) or 65_536
    pointers = header + header_size + 2 * cells
    if not pointers <= content <= len(page):
        return
    yield slice(pointers, content)
    block = int.from_bytes(page[header + 1 : header + 3])
    # Free blocks are chained in ascending order: place of the next one, own size.
    while content <= block <= len(page) - 4:
        following = int.from_bytes(page[block : block + 2])
        size = int.from_bytes(page[block + 2 : block + 4])
        if block + size > len(page):
            return
        yield slice(block + 4, block + size)
        if following <= block:
            return
        block = following
