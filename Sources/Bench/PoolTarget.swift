import FastVerify
import Foundation
import Synchronization

/// A pool, which answers on its workers' threads while the generator goes on sending.
final class PoolTarget: LoadTarget {
    let capacity = 1
    private let pool: VerifierPool
    private let tokens: [String]
    private let course = Course()
    private var taken = 0

    /// What the answers of a target have in common.
    private final class Course: Sendable {
        let answered = Atomic<Int>(0)
        let isWrong = Atomic<Bool>(false)
    }

    /// All tokens are valid.
    init(_ pool: VerifierPool, _ tokens: [String]) {
        self.pool = pool
        self.tokens = tokens
    }

    func take(_ requests: Range<Int>, _ answers: Answers) {
        for request in requests {
            pool.verify(tokens[request % tokens.count]) { [course] verdict in
                switch verdict {
                case .success: answers.enter(request..<request + 1)
                case .failure(.overloaded): answers.turnDown(request)
                case .failure: course.isWrong.store(true, ordering: .relaxed)
                }
                course.answered.add(1, ordering: .releasing)
            }
        }
        taken += requests.count
    }

    func finish() throws(WrongVerdict) {
        while course.answered.load(ordering: .acquiring) < taken { usleep(20) }
        if course.isWrong.load(ordering: .relaxed) { throw WrongVerdict(description: "pool: a valid token is refused") }
    }
}
