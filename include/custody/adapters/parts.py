"""Large objects in parts: whole at once when the last request is answered, or never.

A part that was sent is nowhere to be seen until the upload is completed; one that is
never completed lies there unseen and is paid for.  So it is aborted when it fails, and
what a killed process left is aborted by the next.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, BinaryIO

from custody.adapters.aws import world
from custody.domain.language import Text
from custody.errors import CustodyError, WorldError

PART_BYTES = 64 * 1024 * 1024
"""Objects above this go in parts; S3 takes 10,000 of them, so up to 625 GiB."""

LEFT_AFTER = dt.timedelta(days=1)
"""When an upload that was not ended counts as left by a process that died."""

_GONE = ("NoSuchUpload", "404")
_NO_OBJECT = Text(
    "S3 CompleteMultipartUpload：应答未指明任何对象",
    "S3 CompleteMultipartUpload: the answer tells of no object",
)


class Upload:
    """One object on its way in parts."""

    def __init__(
        self,
        s3: Any,  # noqa: ANN401 - see `aws.client`
        *,
        bucket: str,
        key: str,
        lock: dict[str, object],
        within: str,
    ) -> None:
        """Take a client, the place, and the lock that the object is to have.

        `within` is the prefix under which whatever is left of others is ours.
        """
        self._s3 = s3
        self._place = {"Bucket": bucket, "Key": key}
        self._lock = lock
        self._within = within

    def send(self, content: BinaryIO, *, taken: tuple[str, ...], part: int) -> bool:
        """Send all of it; False when the place is taken, or when nobody can tell.

        `taken` are the codes that say so.  A completion that was repeated meets the
        end of its own upload: whoever called looks at what is there.
        """
        self._abort_leftovers()
        with world("CreateMultipartUpload"):
            begun = self._s3.create_multipart_upload(**self._place, **self._lock)
        upload = str(begun["UploadId"])
        try:
            parts = list(self._send_parts(content, upload, part))
            with world("CompleteMultipartUpload", absent=(*taken, *_GONE)) as completed:
                answer = self._s3.complete_multipart_upload(
                    **self._place,
                    UploadId=upload,
                    MultipartUpload={"Parts": parts},
                    IfNoneMatch="*",
                )
        except CustodyError:
            self._abort(upload)
            raise
        # A beginning that was repeated began another upload besides.
        self._abort_leftovers()
        if completed.absent:
            return False
        if not answer.get("ETag"):
            raise _NO_OBJECT.as_error(WorldError)
        return True

    def _abort_leftovers(self) -> None:
        """Abort what was begun at this place, or anywhere a day ago, and not ended."""
        with world("ListMultipartUploads"):
            pages = self._s3.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._place["Bucket"], Prefix=self._within
            )
            found = [one for page in pages for one in page.get("Uploads", ())]
        before = dt.datetime.now(dt.UTC) - LEFT_AFTER
        for one in found:
            if one["Key"] == self._place["Key"] or one["Initiated"] < before:
                self._abort(str(one["UploadId"]), key=str(one["Key"]))

    def _send_parts(
        self, content: BinaryIO, upload: str, size: int
    ) -> Iterator[dict[str, object]]:
        number = 0
        while piece := content.read(size):
            number += 1
            with world("UploadPart"):
                sent = self._s3.upload_part(
                    **self._place, UploadId=upload, PartNumber=number, Body=piece
                )
            yield {
                "PartNumber": number,
                "ETag": sent["ETag"],
                **{name: sent[name] for name in sent if name.startswith("Checksum")},
            }

    def _abort(self, upload: str, *, key: str = "") -> None:
        """Abort; what is gone already is welcome."""
        place = {**self._place, "Key": key or self._place["Key"]}
        with world("AbortMultipartUpload", absent=_GONE):
            self._s3.abort_multipart_upload(**place, UploadId=upload)
