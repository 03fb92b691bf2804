/// Lets one reload follow the other.
actor ReloadTurn {
    private var last: Task<Bool, Never>?

    func take(_ body: @escaping @Sendable () async -> Bool) async -> Bool {
        let before = last
        let task = Task {
            _ = await before?.value
            return await body()
        }
        last = task
        return await task.value
    }
}
