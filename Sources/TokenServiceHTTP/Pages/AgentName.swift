/// A short name of what a program calls itself in `User-Agent` (RFC 9110 §10.1.5). It is a claim, and the page shows it as one: with the whole
/// text below.
enum AgentName {
    /// Browsers name those that they want to be taken for as well, so the first that fits is it.
    private static let browsers = [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("FxiOS/", "Firefox"),
        ("Firefox/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ]
    private static let systems = [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ]

    static func short(_ agent: String) -> String {
        func first(_ names: [(String, String)]) -> String? { names.first { agent.contains($0.0) }?.1 }
        guard agent.hasPrefix("Mozilla/") else {
            // `curl/8.5.0`: a product and its version.
            let product = agent.prefix { $0 != "/" && $0 != " " }
            let isName = product.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
            return !product.isEmpty && product.utf8.count <= 40 && isName ? String(product) : "Unknown program"
        }
        switch (first(browsers), first(systems)) {
        case (let browser?, let system?): return "\(browser) on \(system)"
        case (let browser?, nil): return browser
        case (nil, let system?): return "Browser on \(system)"
        case (nil, nil): return "Unknown browser"
        }
    }
}
