extension StatusPage {
    static let style = """
        :root {
          color-scheme: light dark;
          --ground: #f6f7f8; --card: #fff; --ink: #1b2327; --soft: #55636b; --line: #dde3e6;
          --accent: #0b6e75; --good: #17693a; --warn: #8a5a00; --bad: #a3231b;
          --warn-ground: #fff3d6; --bad-ground: #fde7e5;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #12181b; --card: #1a2226; --ink: #e6ecef; --soft: #9fb0b8; --line: #2d393f;
            --accent: #5cc4cc; --good: #6fd196; --warn: #f0be5a; --bad: #ff9a91;
            --warn-ground: #3a2e12; --bad-ground: #431f1c;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 72rem;
          background: var(--ground); color: var(--ink);
          font: 1rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
        }
        h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; }
        h1 small { color: var(--soft); font-size: 1rem; font-weight: 400; }
        h2 { margin: 0; font-size: 1.2rem; overflow-wrap: anywhere; }
        h3 { margin: 0 0 .25rem; font-size: .95rem; }
        header p { margin: .25rem 0 .75rem; color: var(--soft); }
        nav { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; }
        a { color: var(--accent); padding: .25rem 0; }
        a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
        footer { margin-top: 1.5rem; color: var(--soft); font-size: .875rem; }
        .banner { margin: 1rem 0 0; padding: .75rem 1rem; border-radius: .5rem; }
        .banner ul { margin: .25rem 0 0; padding-left: 1.25rem; }
        .banner.warn { background: var(--warn-ground); border-left: .3rem solid var(--warn); }
        .banner.bad { background: var(--bad-ground); border-left: .3rem solid var(--bad); }
        [hidden] { display: none !important; }
        .load {
          margin-top: 1.25rem; padding: 1rem; background: var(--card);
          border: 1px solid var(--line); border-radius: .6rem;
        }
        .title { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .75rem; }
        .state {
          padding: 0 .6rem; border: 1px solid currentColor; border-radius: 1rem;
          font-size: .85rem; color: var(--warn);
        }
        .state.running { color: var(--good); }
        .about { margin: .15rem 0 0; color: var(--soft); font-size: .9rem; }
        .about, .error { overflow-wrap: anywhere; }
        .figures {
          display: grid; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr));
          gap: .75rem 1rem; margin: 1rem 0;
        }
        .figures div { border-left: .2rem solid var(--line); padding-left: .6rem; }
        .figures dt { color: var(--soft); font-size: .85rem; }
        .figures dd { margin: 0; font-size: 1.25rem; line-height: 1.3; }
        .figures dd.bad { color: var(--bad); }
        .figures dd.good { color: var(--good); }
        .state.failing { color: var(--bad); }
        .charts {
          display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr));
          gap: .75rem 2rem; margin: 0 0 1rem;
        }
        figure { margin: 0; min-width: 0; }
        figure.quiet { display: none; }
        figcaption { font-weight: 600; font-size: .95rem; }
        .legend {
          display: flex; flex-wrap: wrap; gap: 0 .8rem; margin: 0;
          font-size: .8rem; color: var(--soft);
        }
        .legend > span { white-space: nowrap; }
        .legend .mark {
          display: inline-block; width: .9rem; height: .2rem; margin: 0 .35rem .2rem 0;
          background: currentColor;
        }
        svg { display: block; width: 100%; }
        svg text { fill: var(--soft); font-size: 11px; }
        .grid { stroke: var(--line); stroke-width: 1; }
        .line { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round; }
        .thin { opacity: .55; }
        .intended { color: var(--soft); }
        .sent, .service { color: var(--accent); }
        .response { color: var(--warn); }
        .failed { color: var(--bad); }
        .dropped { color: var(--warn); }
        .demo { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; margin-top: 1rem; }
        button {
          font: inherit; color: var(--accent); background: var(--card); padding: .25rem .9rem;
          border: 1px solid currentColor; border-radius: .4rem; cursor: pointer;
        }
        button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        #overview { margin-top: 1.25rem; }
        #overview th[scope="row"] { white-space: normal; overflow-wrap: anywhere; }
        .tables {
          display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr));
          gap: 1rem 2rem; align-items: start;
        }
        .scroll { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font-size: .95rem; }
        caption { text-align: left; font-weight: 600; padding-bottom: .25rem; }
        th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
        th { text-align: left; font-weight: 400; color: var(--soft); white-space: nowrap; }
        th:last-child, td:last-child { padding-right: .25rem; }
        td.number, th.number { text-align: right; white-space: nowrap; }
        @media (max-width: 30rem) {
          body { padding: 1rem .5rem 2rem; }
          .load { padding: .75rem; }
          table { font-size: .8rem; }
          th, td { padding-right: .3rem; }
        }
        .error { color: var(--bad); font-size: .875rem; text-align: left; }

        """
}
