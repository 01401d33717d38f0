-- Messages that bring a report are found again by it: none is sent twice.
CREATE INDEX notice_report ON notice (json_extract(content, '$.notice.report.date'))
    WHERE json_extract(content, '$.notice.report.date') IS NOT NULL;
