"""A service with OpenTelemetry's Python SDK, set up by its environment alone: spans, a log line and a counter of each request."""
import http.server
import os

from opentelemetry import metrics, propagate, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

spans, logs = TracerProvider(), LoggerProvider()
spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=100))
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(), schedule_delay_millis=100))
reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=500)
meter = MeterProvider(metric_readers=[reader]).get_meter("peer")
tracer, logger, requests = spans.get_tracer("peer"), logs.get_logger("peer"), meter.create_counter("peer.requests")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        context = propagate.extract({name.lower(): value for name, value in self.headers.items()})
        fails = "fail" in self.path
        attributes = {"http.method": "GET", "http.target": self.path, "http.status_code": 500 if fails else 200}
        with tracer.start_as_current_span("GET", context, SpanKind.SERVER, attributes=attributes) as span:
            logger.emit(LogRecord(body=f"asked for {self.path}", severity_number=SeverityNumber.INFO))
            requests.add(1)
            if fails:
                span.set_status(Status(StatusCode.ERROR, "it was asked to fail"))
        self.send_response(500 if fails else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
