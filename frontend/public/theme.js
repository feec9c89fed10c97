// Runs before the first paint, so that a chosen theme does not flash; a file because the content
// security policy allows no inline script.
(function () {
  var root = document.documentElement;
  var theme = null;
  try {
    theme = localStorage.getItem('mall.theme');
    root.lang = localStorage.getItem('mall.lang') || 'zh-CN';
  } catch {
    // Storage may be forbidden; the system's theme is used then.
  }
  if (theme !== 'light' && theme !== 'dark') {
    theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  root.dataset.theme = theme;
})();
