extension Page {
  /// For light and dark, for a wall and for a phone.
  static let style: HTML = """
    :root {
      color-scheme: light dark;
      --ground: #f4f5f7; --card: #ffffff; --ink: #18212d; --soft: #586474; --line: #e2e6eb;
      --failed: #d3453a; --refused: #a3b0c0; --good: #1a7f4e; --doubtful: #a86207; --bad: #c22f25;
      --focus: #2b63d9;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #0e131a; --card: #161d26; --ink: #e6ebf1; --soft: #98a5b5; --line: #27313d;
        --failed: #f0695c; --refused: #5c6b7e; --good: #46c088; --doubtful: #e2ab3e; --bad: #ff7a6e;
        --focus: #7aa5ff;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; max-width: 76rem; padding: 1.25rem clamp(.9rem, 3vw, 2.25rem) 3rem;
      background: var(--ground); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
    }
    header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin: .25rem 0 1.1rem; }
    h1 { margin: 0; font-size: 1.45rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
    h1 .on { font-weight: 400; color: var(--soft); }
    .mark {
      display: inline-block; width: .78em; height: .78em; margin-right: .4em; border-radius: 50%;
      border: .17em solid var(--failed); vertical-align: -.06em;
      background: linear-gradient(45deg, transparent 42%, var(--failed) 42% 58%, transparent 58%);
    }
    header p { margin: 0 0 0 auto; color: var(--soft); font-variant-numeric: tabular-nums; }
    h2 { margin: 0; font-size: 1.02rem; }
    h2 span { font-weight: 400; color: var(--soft); }
    code { font: .92em ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
    .card, .standing, .figures > div {
      background: var(--card); border: 1px solid var(--line); border-radius: .7rem; padding: 1rem 1.15rem;
    }
    .card, .standing, .figures { margin: 0 0 1rem; }
    .standing { border-left: .35rem solid var(--tone); }
    .standing h2 { font-size: 1.2rem; color: var(--tone); }
    .standing p { margin: .3rem 0 0; color: var(--soft); }
    .standing ul { margin: .5rem 0 0; padding-left: 1.2rem; }
    .standing code { color: var(--ink); background: var(--ground); border-radius: .3rem; padding: .08rem .38rem; }
    .good { --tone: var(--good); } .doubtful { --tone: var(--doubtful); } .bad { --tone: var(--bad); }
    .dot {
      display: inline-block; width: .6em; height: .6em; border-radius: 50%; margin-right: .5em;
      background: var(--tone);
    }
    .figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; }
    .figures > div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
    dt { color: var(--soft); line-height: 1.3; } dt span { white-space: nowrap; }
    dd { margin: 0; font-size: 2rem; font-weight: 650; letter-spacing: -.02em; line-height: 1.2;
      font-variant-numeric: tabular-nums; }
    dd.none { color: var(--soft); font-weight: 400; }
    .pair, .grid { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 1rem; }
    .key { margin: .3rem 0 .6rem; display: flex; flex-wrap: wrap; gap: 0 1rem; color: var(--soft); font-size: .88rem; }
    .key .failed::before, .key .refused::before {
      content: ""; display: inline-block; width: .7em; height: .7em; border-radius: .15em; margin-right: .4em;
      background: var(--failed);
    }
    .key .refused::before { background: var(--refused); }
    .key .most { margin-left: auto; }
    svg { display: block; width: 100%; }
    .bars { height: 8.5rem; }
    .strip { height: .38rem; grid-column: 1 / 3; border-radius: .2rem; background: var(--line); overflow: hidden; }
    rect.failed { fill: var(--failed); } rect.refused { fill: var(--refused); }
    .line { stroke: var(--line); stroke-width: 1; fill: none; } .base { stroke: var(--soft); stroke-width: 1; fill: none; }
    g:hover rect { opacity: .75; }
    .axis { display: flex; justify-content: space-between; margin-top: .3rem; color: var(--soft); font-size: .82rem;
      font-variant-numeric: tabular-nums; }
    details { margin-top: .5rem; font-size: .88rem; color: var(--soft); }
    summary { cursor: pointer; width: fit-content; }
    .scroll { overflow-x: auto; max-height: 30rem; overflow-y: auto; margin-top: .5rem; }
    table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { text-align: left; padding: .42rem .8rem .42rem 0; border-top: 1px solid var(--line); vertical-align: top; }
    thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .86rem; position: sticky; top: 0;
      background: var(--card); }
    tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 9rem; }
    details tbody th { font-weight: 400; }
    td code { white-space: nowrap; overflow-wrap: normal; }
    .number { text-align: right; padding-right: 0; }
    .kind { font-weight: 400; font-size: .78rem; color: var(--soft); border: 1px solid var(--line); border-radius: .3rem;
      padding: 0 .32rem; margin-right: .3rem; }
    .at { color: var(--soft); white-space: nowrap; font-size: .88em; margin-left: .3rem; }
    .ranking { list-style: none; margin: .6rem 0 0; padding: 0; }
    .ranking li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .1rem .8rem; padding: .26rem 0; }
    .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .count { color: var(--soft); font-variant-numeric: tabular-nums; }
    .empty, .more { color: var(--soft); margin: .5rem 0 0; }
    footer { color: var(--soft); font-size: .88rem; } footer p { margin: .3rem 0; }
    a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px;
      border-radius: .3rem; }
    .skip { position: absolute; left: -999rem; } .skip:focus { position: static; display: inline-block; margin-bottom: .6rem; }
    @media (max-width: 46rem) {
      .pair, .grid { grid-template-columns: minmax(0, 1fr); }
      .figures { grid-template-columns: repeat(2, 1fr); gap: .7rem; }
      .card, .standing, .figures { margin-bottom: .7rem; }
      .card, .standing, .figures > div { padding: .8rem .9rem; }
      header p { margin-left: 0; width: 100%; }
      dd { font-size: 1.6rem; }
      .at { display: block; margin-left: 0; }
    }
    @media print { body { background: none; } .card { break-inside: avoid; } }
    """
}
