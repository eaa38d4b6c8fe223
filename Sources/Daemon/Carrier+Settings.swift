internal import BlockList
internal import CLinux
internal import Firewall
internal import Platform
internal import Policy
internal import Text
internal import Upkeep

// What it does by its settings, and by those of the module.
extension Carrier {
  func reload() {
    manager.tellReloading()
    take(LoadedSettings(file: file), isFirst: false)
    isReloaded = true
    firewall.tryAgain()
    refresh()
    look()
    manager.tellReady()
  }

  /// A mistake keeps what was. At the start there is nothing to keep, so what is right is taken.
  func take(_ loaded: LoadedSettings, isFirst: Bool) {
    for diagnostic in loaded.diagnostics { tell(.error, diagnostic.headline) }
    if let failure = loaded.failure { tell(.error, failure) }
    if !isFirst {
      guard loaded.isRight else {
        return tell(.error, "the settings stay as they were: \(file.text) has a mistake")
      }
      tell(.notice, "took over the settings of \(file.text)")
    }
    if isFirst || settings.firewall, !loaded.settings.firewall {
      firewall.end(clearing: true)
      isFirewallWatched = false
    }
    settings = loaded.settings
    listFile.use(settings.listFile)
    firewall.endsLiveConnections = settings.endsLiveConnections
  }

  /// It is read at each look, as at each login; one that can't be read leaves what was.
  func readConfiguration() {
    let new = LoadedConfiguration(file: settings.moduleConfiguration)
    noteConfiguration(new.failure)
    // At the start nothing was. The defaults are for a file that isn't there: with them for one that
    // can't be read, this machine's white list would be empty, and the store another one.
    if present == nil, let failure = new.failure, !failure.isAbsence { return }
    guard isReloaded || new.number != loaded?.number, new.failure == nil || present == nil else {
      return
    }
    isReloaded = false
    let home = new.configuration.databaseHome
    if storeWatch == nil || home != loaded?.configuration.databaseHome {
      watchStore(Path(home.bytes))
    }
    loaded = new
    present = StorePresent(new.configuration) { [weak self] in self?.note($0, $1) }
  }

  /// Nothing is done until it can be read.
  func waitForConfiguration(_ clock: Int64) {
    schedule.look = clock + 1000
    publish()
  }
}
