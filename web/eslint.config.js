import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["node_modules/", "eslint.config.js"] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked.map((one) => ({ ...one, ignores: ["public/**"] })),
  // A service worker is served as it is written.
  { files: ["public/*.js"], languageOptions: { globals: { self: "readonly" } } },
  {
    ignores: ["public/**"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      eqeqeq: "error",
      // Numbers in sentences for people are wanted.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Event handlers may start something asynchronous that handles its own errors.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      // `void promise` and arrow functions that return nothing read well in handlers.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
);
