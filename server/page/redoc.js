window.onload = () => window.Redoc.init("/openapi.json", { disableSearch: true, nativeScrollbars: true, hideLoading: true }, document.getElementById("docs"));
