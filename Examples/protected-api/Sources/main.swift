import Foundation
import Hummingbird

try await protectedAPI(keys: Array(Data(contentsOf: URL(filePath: "keys.json")))).runService()
