// Dates of HTTP, and the pauses they ask for.
import Foundation
import Testing

@testable import FastVerifyHTTP

@Suite struct HTTPDateTests {
    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func formsOfTheRFC(_ text: String) { #expect(HTTPDate.time(text) == 784_111_777) }

    /// Foundation's calendar as the other opinion, over leap years and centuries.
    @Test func calendar() {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        for seconds in stride(from: 0, through: 8_000_000_000, by: 86_400 * 97 + 12_345) {
            let date = Date(timeIntervalSince1970: TimeInterval(seconds))
            for form in ["EEE, dd MMM yyyy HH:mm:ss 'GMT'", "EEE MMM dd HH:mm:ss yyyy"] {
                format.dateFormat = form
                #expect(HTTPDate.time(format.string(from: date)) == Int64(seconds))
            }
        }
    }

    @Test(arguments: [
        "", " ", "0", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 2027 00:00:00 GMT", "Sun, 29 Feb 2027 00:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun,  06 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
        "Sun Nov  16 08:49:37 1994", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    ])
    func others(_ text: String) { #expect(HTTPDate.time(text) == nil) }

    private func pause(_ retryAfter: String, date: String? = nil) -> Duration? {
        let headers = [(name: "retry-after", value: retryAfter)] + (date.map { [(name: "date", value: $0)] } ?? [])
        return Freshness.retryAfter(KeyResponse(status: 503, headers: headers), now: 784_111_770)
    }

    @Test func retryAfter() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(pause("120") == .seconds(120) && pause(" 0 ") == .zero && pause("-1") == nil && pause("soon") == nil)
        #expect(pause(date) == .seconds(7) && pause(" \(date)") == .seconds(7))
        // The server's own clock, where it says what time it is.
        #expect(pause(date, date: "Sun, 06 Nov 1994 08:49:35 GMT") == .seconds(2))
        #expect(pause(date, date: "now") == .seconds(7))
        #expect(pause("Sun, 06 Nov 1994 08:00:00 GMT") == .zero)
        #expect(pause("Fri, 31 Dec 9999 23:59:59 GMT") == .seconds(1 << 31))
    }

    /// A key server that asks for a pause by a date gets it.
    @Test func keySets() async {
        let clock = ManualClock()
        let transport = ScriptedTransport { _ throws(FetchError) in
            KeyResponse(
                status: 503,
                headers: [("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:51:37 GMT")])
        }
        let keys = RemoteJWKSet.test(transport, clock)
        await keys.tick()
        #expect(keys.state.nextFetch == .seconds(120))
    }
}
