/** Where the service is: below this page's path without `/demo`, as a proxy may add a prefix. */
export const SERVICE: string = location.pathname.replace(/\/demo\/*$/, "");
