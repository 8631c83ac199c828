/** Made by build.mjs from page.css: the dashboard's colours and fonts, for the host of a component. */
declare module "page-tokens" {
  export const tokens: string;
}
