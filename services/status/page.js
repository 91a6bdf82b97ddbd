(() => {
  "use strict";
  const main = () => document.getElementById("status");
  const headline = () => main().querySelector(".headline").textContent;
  const judge = () => {
    const { checked, freshSeconds } = main().dataset;
    const old = Date.now() - Date.parse(checked) > freshSeconds * 1000;
    if (old !== main().classList.contains("old")) {
      main().classList.toggle("old", old);
      document.getElementById("announcement").textContent = old ? "This page is old." : headline();
    }
  };
  const renew = async () => {
    try {
      const answer = await fetch(location.pathname, { cache: "no-store" });
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = next.getElementById("status");
      if (answer.ok && fresh && fresh.dataset.checked > main().dataset.checked) {
        const before = headline();
        main().replaceWith(document.adoptNode(fresh));
        document.title = next.title;
        if (headline() !== before) document.getElementById("announcement").textContent = headline();
      }
    } catch {
      // Without an answer the page grows old, and says so.
    }
    judge();
  };
  judge();
  setInterval(renew, 60000);
})();
