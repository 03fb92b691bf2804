internal import Logging
internal import Metrics

/// Logs and metrics of fetched status lists. Labels are an outcome out of a few.
///
/// - `fastverify_status_list_fetches_total{outcome}`: `held`, or the name of a `StatusListFailure`
/// - `fastverify_status_lists`: held
/// - `fastverify_status_list_bytes`: memory that their statuses take
final class StatusListRecorder: Sendable {
    private let logger: Logger
    private let metrics: any MetricsFactory
    private let lists: Gauge
    private let bytes: Gauge

    init(logger: Logger, metrics: any MetricsFactory) {
        self.logger = logger
        self.metrics = metrics
        lists = Gauge(label: "fastverify_status_lists", factory: metrics)
        bytes = Gauge(label: "fastverify_status_list_bytes", factory: metrics)
    }

    func ended(_ failure: StatusListFailure?, host: String, lists count: Int, bytes size: Int) {
        Counter(
            label: "fastverify_status_list_fetches_total", dimensions: [("outcome", failure?.name ?? "held")],
            factory: metrics
        ).increment()
        lists.record(count)
        bytes.record(size)
        switch failure {
        case nil: logger.debug("status list fetched", metadata: ["issuer": "\(host)"])
        // A shutdown is no reason to worry.
        case .fetch(.cancelled): logger.debug("status list not fetched", metadata: ["issuer": "\(host)"])
        case .some(let failure):
            logger.warning("status list not fetched", metadata: ["issuer": "\(host)", "reason": "\(failure)"])
        }
    }
}
